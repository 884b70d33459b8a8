"""Drill 27: headers and MIME of every mail, for made-up athletes of every kind."""

from dataclasses import replace

from service.errors import FreshlegsError
from service.notify.mime import envelope
from tests.drills.figure import Figure, none
from tests.drills.size import Size
from tests.notify import athletes
from tests.notify.test_mime import NOW, violations


def drill(size: Size) -> list[Figure]:
    """Each mail is packed twice, as two attempts would; the second must have the bytes of the first."""
    people, mails, wrong, unlike, unpacked = size.of(200, 2000), 0, 0, 0, 0
    kinds = set[str]()
    for number in range(people):
        for name, mail in athletes.mails(size.seed + number).items():
            kinds.add(name)
            mails += 1
            packing = {
                "sender": "freshlegs <mail@a.test>",
                "recipient": f"reader{number}@b.test",
                "message_id": f"<{name}.{number}@a.test>",
                "return_path": f"bounces+{number}@a.test",
            }
            try:
                packet = envelope(mail, now=NOW, **packing)
                again = envelope(replace(mail), now=NOW, **packing)
            except FreshlegsError:
                unpacked += 1
                continue
            found = violations(packet, mail)
            if found:
                print(f"{name} of {size.seed + number}: {'; '.join(found)}", flush=True)
            wrong += len(found)
            unlike += packet != again
    return [
        Figure("athletes", people),
        Figure("templates", len(kinds), least=7),
        Figure("mails", mails),
        none("violations", wrong),
        none("not_packed", unpacked),
        none("attempts_unlike", unlike),
    ]
