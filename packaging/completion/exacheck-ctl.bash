# Completion of exacheck-ctl for bash: commands, their options, names of checks and groups of the running exacheck.

# Names ("names") or targets of notifications ("targets"), of the exacheck at the socket that the command line names.
_exacheck_ctl_ask() {
	local i where=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case "${COMP_WORDS[i]}" in
		-s | --socket | -r | --runtime) where+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}") ;;
		esac
	done
	"${COMP_WORDS[0]}" "${where[@]}" "$1" 2>/dev/null
}

# Words that begin with the current one, each whole line of standard input one; blanks are quoted.
_exacheck_ctl_lines() {
	local line current="${1//\\/}"
	current="${current#[\"\']}"
	while IFS= read -r line; do
		[[ "$line" == "$current"* ]] && COMPREPLY+=("$(printf '%q' "$line")")
	done
}

_exacheck_ctl() {
	local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD - 1]}" command="" i
	local commands="status routes why history events check disable drain enable reload upgrade notify-test log version nagios"
	local options="--socket --runtime --json --timeout --help --version"
	COMPREPLY=()
	case "$previous" in
	-s | --socket) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
	-r | --runtime) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
	--for) mapfile -t COMPREPLY < <(compgen -W "10m 30m 1h 2h 1d" -- "$current"); return ;;
	-t | --timeout | --reason | --since | -w | --warning | -c | --critical) return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case "${COMP_WORDS[i]}" in
		-s | --socket | -r | --runtime | -t | --timeout) i=$((i + 1)) ;;
		-*) ;;
		*) command="${COMP_WORDS[i]}"; break ;;
		esac
	done
	case "$command" in
	status) options+=" --verbose --watch" ;;
	events) options+=" --follow --since" ;;
	disable | drain) options+=" --for --reason" ;;
	reload) options+=" --dry-run" ;;
	nagios) options+=" --warning --critical" ;;
	esac
	if [[ "$current" == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
		return
	fi
	case "$command" in
	"") mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current") ;;
	log) mapfile -t COMPREPLY < <(compgen -W "error warning info success debug trace" -- "$current") ;;
	status | routes | why | history | check | disable | drain | enable | nagios)
		_exacheck_ctl_lines "$current" < <(_exacheck_ctl_ask names) ;;
	notify-test) _exacheck_ctl_lines "$current" < <(_exacheck_ctl_ask targets) ;;
	esac
}
complete -F _exacheck_ctl exacheck-ctl
