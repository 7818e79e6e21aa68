"""Claims: the sentences that a report stands on, each with what would make it true, tested anew in every wave."""
