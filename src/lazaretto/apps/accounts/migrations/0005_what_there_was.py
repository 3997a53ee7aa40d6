"""
What was there before goes on as it was: a token could do all that its user could, and a user belonged where he has his
first role.
"""

from typing import Any

from django.db import migrations

#: The permissions of the day on which tokens were given scopes. Newer ones are not for older tokens.
THEN = [
    "report.read", "report.read_outgoing", "report.sign", "fact.record", "excuse.record", "protocol.read",
    "override.request", "override.approve", "places.read", "places.write", "residents.read", "staff.read",
    "identity.read", "health.read", "people.write", "move.inside", "move.across", "precaution.set", "tables.export",
    "subject.export", "extract.read", "access.read", "submissions.read", "submissions.receive", "transfer",
    "users.manage",
]


def forward(apps: Any, editor: Any) -> None:
    apps.get_model("accounts", "ApiToken").objects.filter(scopes=[]).update(scopes=THEN)
    grants = apps.get_model("accounts", "Grant").objects.order_by("id")
    for user in apps.get_model("accounts", "User").objects.filter(organisation=None):
        first = grants.filter(user=user).first()
        if first is not None:
            user.organisation_id = first.organisation_id
            user.save(update_fields=["organisation"])


def back(apps: Any, editor: Any) -> None:
    """Nothing: the fields go with the migration before."""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_no_overlap")]
    operations = [migrations.RunPython(forward, back)]
