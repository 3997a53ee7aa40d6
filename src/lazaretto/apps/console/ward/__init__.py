"""The ward client: a page that works on a phone without network, and what it asks for while there is one."""
