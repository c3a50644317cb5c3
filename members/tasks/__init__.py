"""What Celery does for the members app. Every task may run twice, late, or never."""

from members.tasks.timeline import forget_rejections

__all__ = ["forget_rejections"]
