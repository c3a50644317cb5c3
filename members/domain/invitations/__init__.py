"""Invitations: who may invite, who came by whom, how far it carried, and whether it multiplies."""
