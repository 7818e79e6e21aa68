"""Waves against each other, before analysis: what of the instrument, the answers and the design is not what it was.

`asked`: an instrument as a wave asked it, in the study's codes. `structure`: differences of two instruments. `shifts`:
non-answers and the length of interviews, with tests. `verdicts`: what all of it means for each indicator.
"""
