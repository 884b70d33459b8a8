"""The sections of the admin's side, in the order they are shown."""

TABS = (
    ("/admin", "Overview"),
    ("/admin/athletes", "Athletes"),
    ("/admin/nights", "Nights"),
    ("/admin/mails", "Mails"),
    ("/admin/guards", "Guards"),
    ("/admin/jobs", "Jobs"),
    ("/admin/quarantine", "Quarantine"),
    ("/admin/inbox", "Inbox"),
    ("/admin/logbook", "Log book"),
)
