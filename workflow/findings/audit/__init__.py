"""One number, explained and computed twice again: `./reproduce audit KEY` (docs/audit.md)."""
