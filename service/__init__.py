"""freshlegs warns a runner before the legs go heavy."""

import zoneinfo

# Zone data come from the locked tzdata package, on every machine the same. Python would take the system's
# first, however old: two machines of one service would then judge one night at two instants.
zoneinfo.reset_tzpath(to=())
