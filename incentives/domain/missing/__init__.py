"""Something missing? What became of what a member did, found without anybody's help, else by the team."""
