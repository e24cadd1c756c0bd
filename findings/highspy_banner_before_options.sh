#!/usr/bin/env bash
# highspy 1.16.0, a model made with the output switched off.
# Guess before running: `output_flag` False, set first of all, keeps the solver silent.
# Seen: making a `Highs` object prints the solver's banner to the standard output, because its callbacks are set up while it
#       is made, before any option can be set. A command whose standard output is JSON is spoiled by it. A subclass that
#       sets up no callbacks is silent.
# Needs python3 and pip; exits 1 when highspy behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check highspy==1.16.0
cat > "$folder/plain.py" <<'PY'
import highspy

model = highspy.Highs()
model.setOptionValue("output_flag", False)
model.addVar(0.0, 1.0)
model.run()
PY
cat > "$folder/quiet.py" <<'PY'
import highspy


class Quiet(highspy.Highs):
    def enableCallbacks(self):
        pass


model = Quiet()
model.setOptionValue("output_flag", False)
model.addVar(0.0, 1.0)
model.run()
PY
plain=$("$folder/env/bin/python" "$folder/plain.py")
quiet=$("$folder/env/bin/python" "$folder/quiet.py")
echo "highspy 1.16.0, output switched off: ${#plain} characters on the standard output; without callbacks: ${#quiet}"
[ -n "$plain" ] && [ -z "$quiet" ]
