"""What the models that read transcripts share: tokens, their numbers, their word vectors."""
