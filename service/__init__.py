"""freshlegs warns a runner before the legs go heavy."""
