"""Addresses of people and places."""

from django.urls import include, path

from accounts.views import activity, home, members, places, roles, signing, users

app_name = "accounts"

in_workspace = [
    path("", places.workspace, name="workspace"),
    path("projects/new/", places.project_new, name="project-new"),
    path("members/", members.workspace_listing, name="workspace-members"),
    path("members/invite/", members.workspace_invite, name="workspace-members-invite"),
    path("members/<str:member>/role/", members.workspace_change, name="workspace-member-role"),
    path("members/<str:member>/remove/", members.workspace_remove, name="workspace-member-remove"),
    path("roles/", roles.workspace_roles, name="workspace-roles"),
    path("roles/new/", roles.workspace_new, name="workspace-role-new"),
    path("roles/<str:role>/", roles.workspace_role, name="workspace-role"),
    path("roles/<str:role>/delete/", roles.workspace_delete, name="workspace-role-delete"),
    path("activity/", activity.workspace_activity, name="workspace-activity"),
    path("activity/download/", activity.workspace_download, name="workspace-activity-download"),
]

in_project = [
    path("", places.project, name="project"),
    path("complete/", places.project_complete, name="project-complete"),
    path("members/", members.listing, name="members"),
    path("members/invite/", members.invite, name="members-invite"),
    path("members/<str:member>/role/", members.change, name="member-role"),
    path("members/<str:member>/remove/", members.remove, name="member-remove"),
    path("roles/", roles.project_roles, name="roles"),
    path("roles/new/", roles.new, name="role-new"),
    path("roles/<str:role>/", roles.role, name="role"),
    path("roles/<str:role>/delete/", roles.delete, name="role-delete"),
    path("activity/", activity.project_activity, name="activity"),
    path("activity/download/", activity.project_download, name="activity-download"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("places/", home.places, name="places"),
    path("signin/", signing.signin, name="signin"),
    path("signin/link/<str:token>/", signing.link, name="signin-link"),
    path("signout/", signing.signout, name="signout"),
    path("who/", signing.who, name="who"),
    path("platform/roles/", roles.platform_roles, name="platform-roles"),
    path("platform/activity/", activity.platform_activity, name="platform-activity"),
    path("platform/activity/download/", activity.platform_download, name="platform-activity-download"),
    path("platform/users/<str:name>/", users.user, name="user"),
    path("platform/users/<str:name>/sign-out/", users.sign_out, name="user-sign-out"),
    path("platform/users/<str:name>/link/", users.link, name="user-link"),
    path("platform/users/<str:name>/disable/", users.switch, {"active": False}, name="user-disable"),
    path("platform/users/<str:name>/enable/", users.switch, {"active": True}, name="user-enable"),
    path("new-workspace/", places.workspace_new, name="workspace-new"),
    path("workspaces/<str:workspace>/", include(in_workspace)),
    path("projects/<str:project>/", include(in_project)),
]
