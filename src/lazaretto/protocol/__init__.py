"""
What a protocol is, what it makes due, and how far that was done.

Pure: no clock, no files beyond the text it is handed, no framework. Instants are integers, milliseconds since
1970-01-01T00:00Z, because windows are compared at that precision (`docs/reference/contract`, rule 4).
"""
