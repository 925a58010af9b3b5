"""Actions on hosts, one file each: `journal/vacuum.py` is `journal.vacuum`."""
