"""All rules: one module each, in the order of docs/lint.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.rules import (
    add_url,
    apt_cache_emptied,
    apt_clean,
    apt_lists_kept,
    apt_recommends,
    apt_update_apart,
    base_not_pinned,
    cache_mount_clash,
    cache_mount_unused,
    copy_all_before_install,
    distroless_programs,
    end_of_life,
    inline_cache,
    layer_order,
    no_bytecode,
    no_healthcheck,
    npm_without_build_tools,
    relative_workdir,
    removed_later,
    runs_as_root,
    secret_in_image,
    shell_form,
    system_account_id,
    tag_missing,
    unlike_bases,
)

if TYPE_CHECKING:
    from careen.lint.rule import Rule

RULES: tuple[Rule, ...] = (
    removed_later.RULE,
    cache_mount_unused.RULE,
    apt_cache_emptied.RULE,
    unlike_bases.RULE,
    distroless_programs.RULE,
    npm_without_build_tools.RULE,
    end_of_life.RULE,
    inline_cache.RULE,
    no_bytecode.RULE,
    system_account_id.RULE,
    apt_clean.RULE,
    copy_all_before_install.RULE,
    layer_order.RULE,
    cache_mount_clash.RULE,
    apt_recommends.RULE,
    apt_update_apart.RULE,
    apt_lists_kept.RULE,
    base_not_pinned.RULE,
    tag_missing.RULE,
    add_url.RULE,
    secret_in_image.RULE,
    runs_as_root.RULE,
    shell_form.RULE,
    no_healthcheck.RULE,
    relative_workdir.RULE,
)
