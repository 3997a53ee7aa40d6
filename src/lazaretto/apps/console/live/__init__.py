"""
News of the record on open pages (server-sent events). The journal is the log of events; a stream is a place in it.

`hearing` who may hear what · `cursor` where a stream stands · `frames` what goes over the wire · `response` the answer
that a page's request gets · `hub` what this process has read of the logs · `stream` one open page · `views` addresses.
"""
