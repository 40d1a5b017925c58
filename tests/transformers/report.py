"""How every kind of scripts/check-transformers counts: a case is equal, refused by name, or wrong."""
import pathlib


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

    def judge_refusal(self, group, folder, named):
        """Whether FOLDER/refusal.txt is there and, where `named` is given, names it; counts it if so."""
        path = pathlib.Path(folder) / "refusal.txt"
        if not path.exists():
            return False
        why = path.read_text()
        if named is None:
            self.different(group, folder.name, "refused, but Cleave can open it: " + why)
        elif named not in why:
            self.different(group, folder.name, f"refused without naming {named}: {why}")
        else:
            self.refused(group)
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
