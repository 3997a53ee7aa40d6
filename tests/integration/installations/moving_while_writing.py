"""A program that moves an installation while another process writes to it; run by `test_journal_backup`."""

PROGRAM = """
import subprocess, sys
from lazaretto.apps.journal import moving, tables
from lazaretto.config.settings import database_at

written = []

def write(n):
    if not written:
        written.append(n)
        post = "import django; django.setup(); from lazaretto.apps.journal import actions, models;"
        post += "actions.append(models.Log.objects.first(), 'nothing', leaf='0' * 64, n=0, by='test', at=1)"
        subprocess.run([sys.executable, "-c", post], check=True)

moving.open_target(database_at({url!r}))
try:
    moving.move(progress=write)
    print("moved")
except moving.SourceGrew:
    print("SourceGrew")
print(len(tables.filled("target")))
"""
