from tests.queueing.admin.conftest import boss, desk

__all__ = ["boss", "desk"]
