// SPDX-License-Identifier: MIT
// npm's tracker alone: its command also loads peers for browsers, which need a compiler. Usage: node tracker.mjs PORT
import Server from 'bittorrent-tracker/server'

const server = new Server({ http: true, udp: true, ws: false })
server.listen(Number(process.argv[2]))
