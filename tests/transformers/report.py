"""How every kind of scripts/check-transformers counts: a case is equal, refused by name, or wrong."""
import pathlib
import sys


class Report:
    """One line a group of cases, then "KIND: N equal, M refused, K different"."""

    def __init__(self, kind):
        self.kind, self.groups, self.wrong = kind, {}, []

    def _count(self, group, what):
        counts = self.groups.setdefault(group, {"equal": 0, "refused": 0, "different": 0})
        counts[what] += 1

    def equal(self, group):
        self._count(group, "equal")

    def different(self, group, name, why):
        """Silently different, refused without need, or refused without the name of what is not honoured."""
        self._count(group, "different")
        self.wrong.append(f"{self.kind}/{name}: {why}")

    def refused(self, group):
        self._count(group, "refused")

    def judge_refusal(self, case, folder):
        """Counts a case that was refused, or should have been; whether it is settled by that.

        FOLDER/refusal.txt is what Cleave said; `case.refused` what it must name, None where Cleave can open it.
        """
        path = pathlib.Path(folder) / "refusal.txt"
        if not path.exists():
            if case.refused:
                self.different(case.group, case.name, f"opened, but {case.refused} is not honoured")
            return bool(case.refused)
        why = path.read_text()
        if case.refused is None:
            self.different(case.group, case.name, "refused, but Cleave can open it: " + why)
        elif case.refused not in why:
            self.different(case.group, case.name, f"refused without naming {case.refused}: {why}")
        else:
            self.refused(case.group)
        return True

    def finish(self):
        total = {"equal": 0, "refused": 0, "different": 0}
        for group, counts in sorted(self.groups.items()):
            print(f"{self.kind:<10} {group:<28} {counts['equal']:>4} equal {counts['refused']:>4} refused")
            for what in total:
                total[what] += counts[what]
        for line in self.wrong:
            print("DIFFERENT", line)
        print(f"{self.kind}: {total['equal']} equal, {total['refused']} refused, {total['different']} different")
        return not self.wrong


def main(write, judge):
    """Runs `KIND.py write FOLDER` or `KIND.py judge FOLDER`; exit code 1 where a case is different."""
    what, where = sys.argv[1], pathlib.Path(sys.argv[2])
    sys.exit({"write": write, "judge": judge}[what](where) is False)
