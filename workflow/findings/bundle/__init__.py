"""What a reviewer is handed: the crate, codecheck.yml, the replication page, and one archive of all of it."""
