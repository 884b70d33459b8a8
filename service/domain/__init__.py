"""The words: frozen values that cross from one stage to the next. They know nothing of any stage."""
