"""Which of the 64 queues a member's events stay in."""

import zlib

LANE_COUNT = 64


def lane_of(member_id: int) -> int:
    """Return the lane of a member: CRC-32 (ISO 3309) of its id in decimal, modulo 64."""
    return zlib.crc32(str(member_id).encode()) % LANE_COUNT
