"""What changed between two reports: sections aligned, then their sentences, then figures.

pairs.py      which two reports; pairs to suggest
units.py      a report as sections and sentences with their vectors
wording.py    how alike two texts are, and their character differences
sentences.py  which sentence became which
sections.py   which sections became which
figures.py    numbers of the same name and unit
plans.py      what became of a plan in the report of a later year
changes.py    all of it for one pair of reports
fields.py     the result as fields, and as rows of a table
"""
