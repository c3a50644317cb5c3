"""Configuration as files."""

from incentives.domain.program.applying import apply_program
from incentives.domain.program.parts import Applied
from incentives.domain.program.words import BadProgram

__all__ = ["Applied", "BadProgram", "apply_program"]
