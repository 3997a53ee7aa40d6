"""
The words of a protocol: every value of every kind of measure, said so that a nurse can read it, in Chinese and English.

Pure: no framework and no message catalogue, as the same words go onto pages, papers and the command line. `cadence` says
how often; `values` names a field and says its value; `who` says whom it concerns; `describe` tells a whole measure.
"""
