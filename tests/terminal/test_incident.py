"""The demo's incident, solved by keys alone in a real terminal; and a read-only program, which cannot."""

SPEED = 15
"""How much faster than life the fleet lives: what takes its controllers four minutes takes a quarter of one here."""


def incident(term, command):
    """The program opens on the incident; one key leads to the page of its root cause."""
    term.run(command)
    term.shows("HelmRelease cert-manager/cert-manager", "waits behind", "prod-eu-1")
    term.press("Enter")
    term.shows("HelmRelease cert-manager/cert-manager  prod-eu-1", "Conditions")


def open_list(term, kind, name):
    """The list of a kind, with the one object of this name in prod-eu-1 under the cursor."""
    term.type(f":{kind} name:{name} cluster:prod-eu-1\r")
    term.shows(f"filter name:{name}", "prod-eu-1")
    term.until(lambda: sum(f" {name} " in line for line in term.lines()[3:-1]) == 1)
    term.until(lambda: any(line.startswith("▌") and f" {name} " in line for line in term.lines()))


def close(term, words):
    """Close the dialog that has these words. What comes too soon after an escape would be taken for alt and a key."""
    term.press("Escape")
    term.until(lambda: words not in term.screen())


def turns_well(term, kind, title):
    """Watch the list of what is not well in prod-eu-1 until nothing is left on it."""
    term.type(f":{kind} cluster:prod-eu-1 status:failed,blocked,suspended\r")
    term.until(lambda: term.lines()[1].startswith(f" {title} ") and not term.lines()[-1].startswith(" :"))
    term.until(lambda: f"no {title} match" in term.screen(), patience=90.0)


def test_the_incident_is_solved_by_keys_alone(terminal, demo):
    term = terminal()
    incident(term, f"{demo} --speed {SPEED}")
    open_list(term, "ks", "umbrella")
    term.press("R")
    term.shows("Act on", "resume")
    term.press("u")
    term.shows("resume  Kustomization platform/umbrella", "PATCH", "⏎ resume")
    term.press("Enter")
    term.shows("✔ done")
    close(term, "✔ done")
    open_list(term, "hr", "cert-manager")
    term.press("R")
    term.shows("Act on", "reconcile with source")
    term.press("w")
    term.shows("reconcile with source  HelmRelease cert-manager/cert-manager", "PATCH")
    term.press("Enter")
    term.shows("✔ done")
    close(term, "✔ done")
    turns_well(term, "hr", "HelmReleases")
    turns_well(term, "ks", "Kustomizations")


def test_a_read_only_program_tells_the_commands_and_changes_nothing(terminal, demo):
    term = terminal()
    incident(term, f"{demo} --read-only --speed {SPEED}")
    open_list(term, "ks", "umbrella")
    term.press("R")
    term.shows("To hand over: Kustomization platform/umbrella", "flux resume kustomization umbrella")
    term.shows("Not done here: the program was started read-only.")
    term.press("u", "Enter")
    term.shows("To hand over:")
    close(term, "To hand over:")
    term.press("y")
    term.shows("kind: Kustomization", "READ-ONLY")
    term.type("/suspend: true\r")
    term.until(lambda: any(line.startswith("▌") and "suspend: true" in line for line in term.lines()))
