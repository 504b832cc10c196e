# experiments: one form, and every answer is proved or says why not.
#
#   ### Try: TITLE                               ### 해 보기: 제목
#   the question (it names the file that is edited, if one is)
#   <details><summary>Answer</summary>           <details><summary>답</summary>
#   a session, or (Not checked: WHY.)            (확인하지 않음: 왜.)
#   </details>
function begin_experiment() {
    experiment = title
    experiment_line = FNR
    question = ""
    answers = proofs = 0
}

function end_experiment() {
    if (experiment == "")
        return
    if (answers != 1)
        complain(page, experiment_line, "no answer, or more than one: " \
                                        experiment)
    else if (!proofs)
        complain(page, experiment_line, "neither a session in the answer nor " \
                 "(Not checked: WHY.): " experiment)
    experiment = ""
}

function diff_of(name,    diff) {
    diff = page
    sub(/[^\/]*$/, "edits/" name ".diff", diff)
    return diff
}

# The file that edits/NAME.diff changes is named in the question.
function check_edit(name,    diff, line, file) {
    diff = diff_of(name)
    used[diff]
    file = ""
    while ((getline line < diff) > 0)
        if (line ~ /^\+\+\+ /) {
            file = line
            sub(/^\+\+\+ [^\/]*\//, "", file)
            sub(/[ \t].*/, "", file)
            if (index(question, file) == 0)
                complain(page, FNR, "the question does not name " file)
        }
    close(diff)
    if (file == "")
        complain(page, FNR, diff " changes nothing, or is not there")
}

function page_begin() {
    experiment = ""
}

function page_line() {
    if (kind == "heading") {
        end_experiment()
        if (level == 3 && title ~ (is_korean(page) ? "^해 보기: " : "^Try: "))
            begin_experiment()
        else if (title ~ /^(Experiments?|실험)$/)
            complain(page, FNR, "experiments stand in their sections")
        return
    }
    if (kind == "prose" && /<summary>(Answer|답)<\/summary>/) {
        if (experiment == "")
            complain(page, FNR, "an answer without a heading ### Try:")
        answers++
        total++
        if (/Answer/ && is_korean(page) || /답/ && !is_korean(page))
            complain(page, FNR, "the other language's word")
    }
    if (experiment != "" && !folded)
        question = question " " $0
    if (folded && kind == "open" && info ~ /^console /)
        proofs++
    if (kind == "open" && match(info, / edit=[a-z0-9_-]+/)) {
        if (page ~ /\/exercises\./) # where the diffs are the answers
            used[diff_of(substr(info, RSTART + 6, RLENGTH - 6))]
        else if (experiment == "" || !folded)
            complain(page, FNR, "edit= outside an experiment's answer")
        else
            check_edit(substr(info, RSTART + 6, RLENGTH - 6))
    }
    if (folded && kind == "prose" && /\((Not checked|확인하지 않음):/) {
        proofs++
        if (!is_korean(page))
            print page ":" FNR ": not checked: " experiment
    }
}

function page_end() {
    end_experiment()
}

function finish(    command, diff) {
    command = "ls ch*/edits/*.diff 2>/dev/null"
    while ((command | getline diff) > 0)
        if (!(diff in used))
            complain(diff, 0, "no session says edit=")
    close(command)
    print total + 0 " answers"
}
