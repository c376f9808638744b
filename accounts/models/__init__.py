"""People, places, roles, memberships, and the record of what was attempted."""

from accounts.models.people import Invitation, Membership, Project, Role, User, Workspace, bump, folded
from accounts.models.record import AppendOnly, AuditEntry, DeletedObject
from accounts.models.signing import DailyTask, Session, SignInLink, SignInTries

__all__ = [
    "AppendOnly",
    "AuditEntry",
    "DailyTask",
    "DeletedObject",
    "Invitation",
    "Membership",
    "Project",
    "Role",
    "Session",
    "SignInLink",
    "SignInTries",
    "User",
    "Workspace",
    "bump",
    "folded",
]
