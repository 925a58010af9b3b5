"""What remediator knows how to do, one file per action: `journal/vacuum.py` is `journal.vacuum`."""
