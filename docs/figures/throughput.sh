#!/bin/sh
# throughput.sh [CSV] - the chart of chapter 7, from what throughput measured.
#
#   build/ch07_sockopts/throughput -c 1 4 16 64 256 1024 4096 16384 65536 \
#       262144 1048576 > docs/figures/src/throughput.csv
#   docs/figures/throughput.sh
#
# CSV (src/throughput.csv) -> src/throughput.svg.in -> both figures, by make.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)

awk -F, '
    NR > 1 && NF == 4 {
        rows++
        size[rows] = $1
        cost[rows] = $3 / $2 * 1e6
        rate[rows] = $4
        if ($4 > best)
            best = $4
    }
    END {
        if (rows == 0) {
            print "throughput.sh: no measurement in the CSV" > "/dev/stderr"
            exit 1
        }
        top = 116
        height = top + rows * 30 + 56
        printf "<svg xmlns=\"http://www.w3.org/2000/svg\" "
        printf "xml:lang=\"{{en|ko}}\" width=\"720\" height=\"%d\" ", height
        printf "viewBox=\"0 0 720 %d\" role=\"img\" ", height
        print "aria-labelledby=\"title desc\">"
        print "  <title id=\"title\">{{Bytes a call and MB/s|" \
              "호출 한 번의 바이트 수와 MB/s}}</title>"
        printf "  <desc id=\"desc\">{{A bar for each size: %d byte a call " \
               "moves %.1f MB/s, %d bytes %.0f MB/s.|", \
               size[1], rate[1], size[rows], rate[rows]
        printf "크기마다 막대 하나: 호출 한 번에 %d바이트면 %.1f MB/s, " \
               "%d바이트면 %.0f MB/s.}}</desc>\n", \
               size[1], rate[1], size[rows], rate[rows]
        print "@include style.svg"
        printf "  <rect class=\"page\" x=\"1\" y=\"1\" width=\"718\" " \
               "height=\"%d\" rx=\"8\"/>\n", height - 2
        print "  <text class=\"title\" x=\"24\" y=\"36\">" \
              "{{What a call should carry|호출 한 번에 얼마나 실을까}}</text>"
        print "  <text class=\"note\" x=\"24\" y=\"58\">" \
              "{{write and read with the same buffer size, one TCP " \
              "connection over loopback|write와 read의 버퍼 크기가 같을 때, " \
              "루프백의 TCP 연결 하나}}</text>"
        print "  <text class=\"small strong end\" x=\"120\" y=\"96\">" \
              "{{bytes a call|호출당 바이트}}</text>"
        print "  <text class=\"small strong end\" x=\"208\" y=\"96\">" \
              "{{us a call|호출당 us}}</text>"
        print "  <text class=\"small strong\" x=\"224\" y=\"96\">MB/s</text>"
        for (i = 1; i <= rows; i++) {
            y = top + (i - 1) * 30
            width = rate[i] / best * 400
            printf "  <text class=\"code end\" x=\"120\" y=\"%d\">%d</text>\n", \
                   y + 15, size[i]
            printf "  <text class=\"code end\" x=\"208\" y=\"%d\">%.2f</text>\n", \
                   y + 15, cost[i]
            printf "  <rect class=\"client\" x=\"224\" y=\"%d\" " \
                   "width=\"%.1f\" height=\"20\"/>\n", y, width
            printf "  <text class=\"code\" x=\"%.1f\" y=\"%d\">%.*f</text>\n", \
                   232 + width, y + 15, rate[i] < 10, rate[i]
        }
        printf "  <text class=\"note\" x=\"24\" y=\"%d\">", height - 24
        print "{{A call has a price, whatever it carries: few bytes " \
              "cannot pay it.|호출에는 싣는 양과 상관없는 비용이 들어서, " \
              "몇 바이트로는 본전을 뽑지 못한다.}}</text>"
        print "</svg>"
    }' "${1:-$here/src/throughput.csv}" > "$here/src/throughput.svg.in"
"$here/make"
