import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.scripts.conftest import REPOSITORY, Project, tiny_wheel


def made(project: Project) -> set[str]:
    return {path.name for path in project.folder.iterdir() if path.name.startswith(".")}


def version_of_tiny(project: Project, environment: str = ".venv") -> str:
    # -B: two versions of one second and one size are the same to Python's cached bytecode.
    return project.run(f"{environment}/bin/python", "-B", "-c", "import tiny; print(tiny.VERSION)").stdout.strip()


def change(project: Project, lock: str, version: str) -> None:
    (project.folder / f"requirements/{lock}.txt").write_text(tiny_wheel(project.folder.parent, version))


def test_it_sets_up_what_is_locked_and_the_program_itself(project: Project) -> None:
    done = project.run("scripts/bootstrap")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert version_of_tiny(project) == "1.0"
    assert project.run(".venv/bin/local-voice").stdout == "here\n"
    assert made(project) == {".venv"}


def test_the_second_time_it_is_quick_and_says_nothing(project: Project) -> None:
    project.run("scripts/bootstrap")
    before = time.monotonic()
    again = project.run("scripts/bootstrap")
    assert time.monotonic() - before < 2
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_it_works_from_any_folder(project: Project) -> None:
    project.run("scripts/bootstrap")
    assert project.run("sh", "-c", "cd / && exec $OLDPWD/scripts/bootstrap").stderr == ""


def test_a_changed_lock_is_followed(project: Project) -> None:
    project.run("scripts/bootstrap")
    change(project, "gateway", "2.0")
    assert project.run("scripts/bootstrap").returncode == 0
    assert version_of_tiny(project) == "2.0"


def test_test_tools_once_there_stay(project: Project) -> None:
    change(project, "dev", "3.0")
    project.run("scripts/bootstrap", "dev")
    assert version_of_tiny(project) == "3.0"
    assert project.run("scripts/bootstrap").stderr == "", "the larger set holds the smaller"
    change(project, "dev", "4.0")
    project.run("scripts/bootstrap")
    assert version_of_tiny(project) == "4.0"


def test_for_tests_each_home_assistant_has_an_environment_of_its_own(project: Project) -> None:
    change(project, "home-assistant", "5.0")
    change(project, "e2e", "6.0")
    assert project.run("scripts/bootstrap", "dev").returncode == 0
    assert made(project) == {".venv", ".venv-ha", ".venv-e2e"}
    assert [version_of_tiny(project, name) for name in (".venv", ".venv-ha", ".venv-e2e")] == ["1.0", "5.0", "6.0"]
    again = project.run("scripts/bootstrap", "dev")
    assert (again.returncode, again.stderr) == (0, "")


def test_for_tests_the_page_is_built_and_for_the_gateway_alone_it_is_not(project: Project) -> None:
    built = project.folder / "built.txt"
    project.run("scripts/bootstrap")
    assert not built.exists()
    project.run("scripts/bootstrap", "dev")
    project.run("scripts/bootstrap", "dev")
    assert built.read_text() == "built\n" * 2, "its sources may be others each time"


def test_only_the_environment_whose_lock_has_changed_is_touched(project: Project) -> None:
    project.run("scripts/bootstrap", "dev")
    change(project, "e2e", "7.0")
    assert [line for line in project.run("scripts/bootstrap", "dev").stderr.splitlines() if "installing" in line] == [
        "bootstrap: installing the 1 packages of requirements/e2e.txt into .venv-e2e"
    ]
    assert version_of_tiny(project, ".venv-e2e") == "7.0"


def test_what_we_are_measured_against_has_an_environment_of_its_own_which_nobody_else_gets(project: Project) -> None:
    project.run("scripts/bootstrap", "dev")
    done = project.run("scripts/bootstrap", "bench")
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if "installing" in line] == [
        "bootstrap: installing the 1 packages of requirements/bench.txt into .venv-bench"
    ]
    assert made(project) == {".venv", ".venv-ha", ".venv-e2e", ".venv-bench"}
    assert project.run("scripts/bootstrap").stderr == "", "the larger set holds the smaller"


def test_a_folder_that_was_moved_is_set_up_anew(project: Project) -> None:
    project.run("scripts/bootstrap")
    project.folder.rename(project.folder.with_name("elsewhere"))
    moved = Project(folder=project.folder.with_name("elsewhere"), path=project.path)
    assert moved.run("scripts/bootstrap").returncode == 0
    assert moved.run(".venv/bin/local-voice").stdout == "here\n"


def test_an_environment_that_was_broken_is_made_anew(project: Project) -> None:
    project.run("scripts/bootstrap")
    python = project.folder / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/gone")
    assert project.run("scripts/bootstrap").returncode == 0
    assert version_of_tiny(project) == "1.0"


def test_two_at_once_do_not_disturb_each_other(project: Project) -> None:
    both = [
        subprocess.Popen(
            ["scripts/bootstrap"], cwd=project.folder, env=project.environment({}), stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sorted(len(text) > 0 for text in said) == [False, True], "one waits, and then has nothing to do"
    assert version_of_tiny(project) == "1.0"


def test_a_package_with_another_hash_is_refused_and_nothing_is_left(project: Project) -> None:
    lock = project.folder / "requirements/gateway.txt"
    lock.write_text(re.sub("sha256:.*", f"sha256:{'0' * 64}", lock.read_text()))
    done = project.run("scripts/bootstrap")
    assert done.returncode == 1
    assert "could not be fetched and installed" in done.stderr
    assert made(project) == set()


def test_a_failed_update_leaves_what_was_there(project: Project) -> None:
    project.run("scripts/bootstrap")
    (project.folder / "requirements/gateway.txt").write_text(f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n")
    done = project.run("scripts/bootstrap", UV_HTTP_RETRIES="0")
    assert done.returncode == 1
    assert "Is this machine connected to the network" in " ".join(done.stderr.split())
    assert version_of_tiny(project) == "1.0"


def test_a_wrong_argument_is_answered_with_the_usage(project: Project) -> None:
    done = project.run("scripts/bootstrap", "everything")
    assert (done.returncode, done.stderr) == (1, "\nusage: scripts/bootstrap [dev|bench]\n")


def test_without_a_network_it_says_what_was_fetched_and_what_to_do(bare_project: Project) -> None:
    done = bare_project.run("scripts/bootstrap")
    message = " ".join(done.stderr.split())
    assert done.returncode == 1
    assert "fetching Python 3.14" in message
    assert "could not be fetched" in message
    assert "Install CPython 3.14.2 or a later 3.14" in message.replace("Or install", "Install")
    assert "Traceback" not in message
    assert made(bare_project) == set()


@pytest.mark.parametrize("program", ["apt-get", "dpkg"])
def test_where_it_is_not_debian_it_says_what_to_install(bare_project: Project, program: str) -> None:
    tools = bare_project.folder.parent / "tools"
    tools.mkdir()
    for folder in ("/usr/bin", "/bin"):
        for tool in Path(folder).iterdir():
            if tool.name != program and not (tools / tool.name).exists():
                (tools / tool.name).symlink_to(tool)
    done = bare_project.run("scripts/bootstrap", PATH=f"{bare_project.folder.parent / 'bin'}{os.pathsep}{tools}")
    message = " ".join(done.stderr.split())
    assert done.returncode == 1
    assert "This machine has no Python 3.14, and it could not be fetched with uv. Install CPython 3.14.2" in message
    assert made(bare_project) == set()


def test_what_it_makes_is_ignored_by_git() -> None:
    names = [".venv/", ".venv-ha/", ".venv-e2e/", ".uv/", ".python/", ".bootstrap.x/", ".test-results/"]
    ignored = subprocess.run(
        ["git", "check-ignore", *names], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if "not a git repository" in ignored.stderr:
        pytest.skip("this copy of the project is not in git")
    assert set(ignored.stdout.split()) == set(names)
