"""Where the stages are joined: every job is one unit of work that may be run again."""
