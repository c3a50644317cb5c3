"""Supply and demand among members: what one needs, who could serve it, and whether it worked out."""
