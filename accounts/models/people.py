"""People, places, roles and memberships."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.roles import Capability, Level
from accounts.words import CAPABILITY

LEVELS = [
    (Level.PLATFORM.value, _("Platform")),
    (Level.WORKSPACE.value, _("Workspace")),
    (Level.PROJECT.value, _("Project")),
]

# What Django's admin calls the rights of who manages users, and nothing else.
_OF_USERS = frozenset({"accounts.view_user", "accounts.add_user", "accounts.change_user"})

# Names that can be taken for another person's: letters of several scripts, or of one that imitates Latin. The rules
# follow Unicode's "highly restrictive" level (UTS 39): one script a name, but for the combinations that Chinese,
# Japanese and Korean are written in. Python knows the script of a letter only by the letter's name.
_TOGETHER = (
    {"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"},
    {"CJK", "BOPOMOFO"},
    {"CJK", "HANGUL"},
)
# Small letters of Cyrillic, Greek and Armenian that look like Latin ones. A name of these alone does, too.
_IMITATIONS = frozenset("аеорсухіјѕһԁԛԝӏмткьгвοανυρικτχγϳօսոհցզք")
# Beyond these Latin has phonetic letters and clicks. The dotless i is an i to a hasty eye.
_LATIN = frozenset(map(chr, (*range(0x61, 0x1C0), *range(0x1C4, 0x250), *range(0x1E00, 0x1F00)))) - {"\u0131"}

workspace_name = RegexValidator(
    r"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z",
    _("Use lowercase letters, digits and hyphens. Start and end with a letter or digit."),
)
project_name = RegexValidator(
    r"\A[a-z]([-a-z0-9]*[a-z0-9])?\Z",
    _("Use lowercase letters, digits and hyphens. Start with a letter, end with a letter or digit."),
)


def folded(name: str) -> str:
    """The form in which names of people are stored and compared: NFKC, case-folded, without space around."""
    once = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", once).strip()


def _is_suspicious(name: str) -> bool:
    """Whether a folded name can be taken for one in other letters."""
    letters = [character for character in name if character.isalpha()]
    if any(not character.isascii() for character in name if not character.isalpha()):
        return True
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in letters}
    if scripts == {"LATIN"}:
        return not _LATIN.issuperset(letters)
    if len(scripts) > 1:
        return not any(scripts <= together for together in _TOGETHER)
    return bool(letters) and _IMITATIONS.issuperset(letters)


def user_name(name: str) -> None:
    """Refuse what cannot be the name of a person. Raises ValidationError."""
    if not re.fullmatch(r"\w[\w.@+-]*", name):
        raise ValidationError(
            _("Use letters, digits and . @ + - _ only. Start with a letter or digit."), code="invalid"
        )
    if _is_suspicious(folded(name)):
        raise ValidationError(
            _("This name looks like another one. Use letters of one script and the digits 0 to 9."),
            code="lookalike",
        )


def free_project_name(name: str) -> None:
    """Refuse the namespaces that belong to the cluster or to the console. Raises ValidationError."""
    if name.startswith("kube-") or name in {"default", "berth"}:
        raise ValidationError(
            _("The name %(name)s is reserved by the cluster."), code="reserved", params={"name": name}
        )


def free_workspace_name(name: str) -> None:
    """Refuse names that are addresses of the console. Raises ValidationError."""
    if name in {"workspaces", "new"}:
        raise ValidationError(_("The name %(name)s is reserved by Berth."), code="reserved", params={"name": name})


class Named(models.Model):
    """A person or a place, with a name that nothing else of its kind has."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    name: "models.CharField[str, str]"
    epoch = models.PositiveIntegerField(default=0, editable=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def unique_error_message(self, model_class: type[models.Model], unique_check: Sequence[str]) -> ValidationError:
        """In words of our own: Django's has the labels of model and field."""
        if tuple(unique_check) != ("name",):
            return super().unique_error_message(model_class, unique_check)
        taken = _("A %(kind)s with this name already exists.")
        return ValidationError(taken, code="unique", params={"kind": model_class._meta.verbose_name})


class UserManager(BaseUserManager["User"]):
    """Finds people by the folded form of what was typed."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(name=folded(username or ""))

    def create_user(self, name: str, password: str | None = None, **fields: Any) -> "User":
        """A person; without a password only links sign them in."""
        user = self.model(name=folded(name), **fields)
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user


class User(Named, AbstractBaseUser):
    """A person. `uuid` is who they are in the cluster; `epoch` grows whenever what they may do changes."""

    name = models.CharField(_("name"), max_length=64, unique=True, validators=[user_name])
    display_name = models.CharField(_("display name"), max_length=120, blank=True)
    email = models.EmailField(_("email"), blank=True)
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("If cleared, the user is signed out everywhere and cannot sign in."),
    )

    USERNAME_FIELD = "name"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=~Q(email=""),
                name="user_email_unique",
                violation_error_code="unique",  # it is shown at the field then
                violation_error_message=_("A user with this email already exists."),
            ),
        ]

    def clean(self) -> None:
        self.name = folded(self.name)
        self.email = self.email.strip().lower()

    @classmethod
    def normalize_username(cls, username: str) -> str:
        return folded(username)

    @cached_property
    def wide_memberships(self) -> "tuple[Membership, ...]":
        """Those on the platform and in workspaces, with role and workspace. Remembered for the life of this object,
        that is for one request. Those in projects, which may be many, are read where a project is asked for.
        """
        return self.read_memberships()

    def read_memberships(self, project: "Project | None" = None) -> "tuple[Membership, ...]":
        """Those on the platform, in workspaces and in the project, with role and workspace, in one query."""
        places = Q(project=None) | Q(project=project) if project else Q(project=None)
        among = Membership.objects.filter(places, user=self)
        return tuple(among.select_related("role", "workspace").order_by("pk"))

    @cached_property
    def platform_capabilities(self) -> frozenset[Capability]:
        """What the person may do everywhere; remembered as `wide_memberships` are."""
        return self.platform_role.capability_set if self.platform_role else frozenset()

    @property
    def platform_role(self) -> "Role | None":
        return next(
            (membership.role for membership in self.wide_memberships if membership.level == Level.PLATFORM), None
        )

    @property
    def is_platform_admin(self) -> bool:
        return self.is_active and Capability.PLATFORM_ADMIN in self.platform_capabilities

    @property
    def manages_users(self) -> bool:
        return self.is_active and Capability.USERS_MANAGE in self.platform_capabilities

    # What Django's admin asks. There is one truth, the platform role; no second set of permissions beside it.
    @property
    def is_staff(self) -> bool:
        return self.is_platform_admin or self.manages_users

    @property
    def is_superuser(self) -> bool:
        return self.is_platform_admin

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        return self.is_platform_admin or (self.manages_users and perm in _OF_USERS)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_platform_admin or (self.manages_users and app_label == "accounts")


class Workspace(Named):
    """A group of projects and of the people who may be invited to them."""

    name = models.CharField(_("name"), max_length=63, unique=True, validators=[workspace_name, free_workspace_name])
    alias = models.CharField(_("alias"), max_length=63, blank=True)
    description = models.CharField(_("description"), max_length=256, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("workspace")
        verbose_name_plural = _("workspaces")


class Project(Named):
    """A namespace of the cluster that belongs to a workspace. `ready` is set once all its cluster objects exist."""

    name = models.CharField(_("name"), max_length=63, unique=True, validators=[project_name, free_project_name])
    alias = models.CharField(_("alias"), max_length=63, blank=True)
    description = models.CharField(_("description"), max_length=256, blank=True)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.PROTECT, related_name="projects", verbose_name=_("workspace")
    )
    creator = models.CharField(_("creator"), max_length=64, blank=True)
    ready = models.DateTimeField(_("set up in the cluster"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("project")
        verbose_name_plural = _("projects")


def known_capabilities(values: object) -> None:
    """Refuse anything but a list of capabilities. Raises ValidationError."""
    if not isinstance(values, list) or any(value not in set(Capability) for value in values):
        raise ValidationError(_("This is not a list of permissions."), code="invalid")


class Role(models.Model):
    """A named set of capabilities: built in (no place), or made for one workspace or one project."""

    level = models.CharField(_("level"), max_length=10, choices=LEVELS)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, null=True, blank=True, related_name="roles")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, blank=True, related_name="roles")
    name = models.CharField(_("name"), max_length=63, validators=[workspace_name])
    description = models.CharField(_("description"), max_length=256, blank=True)
    capabilities = models.JSONField(_("capabilities"), default=list, blank=True, validators=[known_capabilities])
    built_in = models.BooleanField(_("built in"), default=False, editable=False)

    class Meta:
        ordering = ["level", "name"]
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            models.UniqueConstraint(
                fields=["level", "name"], condition=Q(workspace=None, project=None), name="role_unique_everywhere"
            ),
            models.UniqueConstraint(
                fields=["workspace", "name"], condition=Q(project=None), name="role_unique_in_workspace"
            ),
            models.UniqueConstraint(fields=["project", "name"], name="role_unique_in_project"),
            models.CheckConstraint(
                name="role_place_fits_level",
                condition=Q(workspace=None, project=None)
                | Q(level=Level.WORKSPACE.value, project=None)
                | Q(level=Level.PROJECT.value, workspace=None),
            ),
        ]

    def __str__(self) -> str:
        place = self.project or self.workspace
        return f"{self.name} ({place})" if place else f"{self.name} ({self.get_level_display()})"

    @property
    def capability_set(self) -> frozenset[Capability]:
        return roles.parse(self.capabilities)

    def clean(self) -> None:
        wrong = roles.problems(Level(self.level), self.capability_set) if self.level in set(Level) else frozenset()
        if wrong:
            words = ", ".join(str(CAPABILITY[capability]) for capability in CAPABILITY if capability in wrong)
            raise ValidationError({"capabilities": _("A role of this level cannot have: %s") % words})
        self.capabilities = sorted(roles.completed(self.capability_set))


class Membership(models.Model):
    """One person's one role in one place: on the platform, in a workspace or in a project."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("user"))
    level = models.CharField(_("level"), max_length=10, choices=LEVELS)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships"
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("role"))
    added_by = models.CharField(_("added by"), max_length=64, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["user__name"]
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(level="platform"), name="one_role_on_the_platform"),
            models.UniqueConstraint(fields=["user", "workspace"], name="one_role_in_a_workspace"),
            models.UniqueConstraint(fields=["user", "project"], name="one_role_in_a_project"),
            models.CheckConstraint(
                name="membership_place_fits_level",
                condition=Q(level="platform", workspace=None, project=None)
                | Q(level="workspace", workspace__isnull=False, project=None)
                | Q(level="project", workspace=None, project__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"

    def clean(self) -> None:
        if self.role_id and self.role.level != self.level:
            raise ValidationError({"role": _("The role is of another level.")})
        if self.role_id and self.role.project_id not in {None, self.project_id}:
            raise ValidationError({"role": _("The role belongs to another project.")})
        if self.role_id and self.role.workspace_id not in {None, self.workspace_id}:
            raise ValidationError({"role": _("The role belongs to another workspace.")})
        if self._state.adding and self.project and self.user_id:
            inside = Membership.objects.filter(user=self.user_id, workspace=self.project.workspace_id)
            if not inside.exists():
                sentence = _("Only members of workspace %s can join this project. Add the user there first.")
                raise ValidationError(sentence % self.project.workspace)


class Invitation(models.Model):
    """That somebody was asked in, by whom, with which role. People the console knows become members at once
    (`accepted`).
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        ACCEPTED = "accepted", _("Accepted")
        REVOKED = "revoked", _("Revoked")

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("user"))
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, null=True, blank=True, related_name="invitations"
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, blank=True, related_name="invitations")
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("role"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING)
    invited_by = models.CharField(_("invited by"), max_length=64)
    created = models.DateTimeField(auto_now_add=True)
    answered = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created"]
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.CheckConstraint(
                name="invitation_names_one_place",
                condition=Q(workspace=None, project__isnull=False) | Q(workspace__isnull=False, project=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"


def bump(row: User | Workspace | Project) -> None:
    """Make everything that was decided for this person or place be decided anew."""
    type(row).objects.filter(pk=row.pk).update(epoch=F("epoch") + 1)
    row.refresh_from_db(fields=["epoch"])
