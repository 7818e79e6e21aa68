"""Words and selections of the exhibits. Kinds that are declared outside `facts` are imported here."""

from findings.text import compared as compared
from findings.text import trends as trends
