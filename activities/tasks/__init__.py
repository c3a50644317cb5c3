"""What Celery does for the activities app. Every task may run twice, late, or never."""

from activities.tasks.clockwork import advance_activities, carry_out_refunds, close_pages, draft_series

__all__ = ["advance_activities", "carry_out_refunds", "close_pages", "draft_series"]
