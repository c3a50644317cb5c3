"""The pump: takes waiting events lane by lane, has them judged, and survives whatever dies in between."""
