"""A second implementation of the numbers: plain loops over responses and ledger, that share no code with the first.

Nothing here imports from the rest of `findings` (a test says so). What is read are the responses, the ledger, the
declarations (config.yaml, wave.yaml, the frame, the margins) and no file that a later stage made.
"""
