"""Pages for athletes and admins. The web marks rows due and shows rows; the jobs do the work."""
