# Reads every program twice: for the models, and to compare. One line a fault.
BEGIN {
    # The helpers, and the programs that have the text to have.
    model["die"] = "echo_server"
    model["parse_address"] = "echo_server echo_client"
    model["name_address"] = "echo_server"
    model["write_all"] = "echo_server echo_client"
    model["print_quoted"] = "naive_echo_client"
    model["wait_for_enter"] = "two_piece_server"
    model["await_bytes"] = "echo_client"
    model["now"] = "calc_server"
    model["connect_pair"] = "shutdown_modes"
    model["explain_ipv4"] = model["explain_ipv6"] = "address_bytes"
    model["parse_port"] = "same_port"
    model["expand"] = "stream_client"
    model["read_size"] = "stream_server"
    model["print_address"] = model["print_result"] = "call_order_server"
    model["await_datagram"] = model["print_local"] = "udp_echo_client"
    model["same_address"] = "udp_echo_client"
    model["get_number"] = model["put_number"] = "retry_client"
    model["open_file"] = model["send_all"] = "file_server"
    model["read_length"] = "file_client"
    model["print_remains"] = model["name_entry"] = "time_wait_server"
    model["enter_comes_first"] = model["covers"] = "time_wait_server"
    model["check_name"] = "name_to_addresses"

    # Who has another text, and why.
    other["file_server await_bytes"] = "a client's silence ends no server"
    other["address_to_name parse_address"] = "there is no port"
    other["calc_client get_number"] = "of any size, at any address"
    other["calc_server get_number"] = "of any size, at any address"
    other["calc_client put_number"] = "of any size, at any address"
    other["calc_server put_number"] = "of any size, at any address"
    other["nagle_client now"] = "a thousandth of a millisecond counts"
    other["throughput now"] = "a thousandth of a millisecond counts"
}

function complain(what) {
    print FILENAME ": " what
    faults++
}

# As it would be in any program, on one line.
function general(text) {
    gsub(program, "PROGRAM", text)
    gsub(/"[ \n]+"/, "", text) # a long text is cut where its line ends
    gsub(/[ \n]+/, " ", text)
    gsub(/\( /, "(", text)
    gsub(/that sendto wants/, "that connect wants", text)
    return text
}

function end_of_function(    i, names, count) {
    if ((program " " name) in other)
        used[program " " name] = 1
    else if (learning) {
        count = split(model[name], names, " ")
        for (i = 1; i <= count; i++)
            if (names[i] == program)
                right[name, general(text)] = 1
    } else if (!((name, general(text)) in right))
        complain(name " is not that of " model[name])
    name = ""
}

FNR == 1 {
    learning = !(FILENAME in read)
    read[FILENAME] = 1
    program = FILENAME
    gsub(/.*\/|\.c$/, "", program)
    comment = name = ""
    head = "head"
}

# The head: what it is, then Calls, Try and See, in this order.
!learning && FNR == 2 && index($0, " * " program ".c - ") != 1 {
    complain("its head does not begin with \"" program ".c - \"")
}
head && /^ \* (Calls|Try|See) / { head = head " " $2 }
head && /^ \*\/$/ {
    if (!learning && head != "head Calls Try See" &&
        program !~ /^dns_(message|zone|front|cache|ask|walk)$/)
        complain("its head has not Calls, Try and See, in this order")
    head = ""
}

# It speaks under its own name.
!learning && match($0, /(perror\("|"usage: )[a-z0-9_]+/) {
    said = substr($0, RSTART, RLENGTH)
    sub(/.*["( ]/, "", said)
    if (said != program)
        complain("it calls itself " said)
}

# A comment at the margin belongs to what follows it.
name == "" && /^\/\*/ { comment = "" ; in_comment = 1 }
name == "" && in_comment {
    comment = comment $0 "\n"
    if (/\*\/$/)
        in_comment = 0
    next
}
name == "" && /^static .*\(/ {
    found = $0
    sub(/\(.*/, "", found)
    sub(/.*[ *]/, "", found)
    text = comment
    comment = ""
    if (!(found in model))
        next
    name = found
}
name != "" {
    text = text $0 "\n"
    if (/;$/ && text !~ /\n\{\n/)
        name = "" # it was a declaration
    else if (/^\}$/)
        end_of_function()
}
/^$/ { comment = "" }

END {
    for (entry in other)
        if (!(entry in used)) {
            print "nobody has " entry ", " other[entry]
            faults++
        }
    exit faults > 0
}
