// SPDX-License-Identifier: Apache-2.0
// A DMZ as it is drawn: the Internet, the server's machine and the adapters' machine, each on a cable
// of its own to a firewall that remembers connections and lets through what its rules name.
//
//   outside 10.91.1.2 ──┐
//   dmz     10.91.2.2 ──┤ firewall
//   inside  10.91.3.2 ──┘
import { Namespaces } from './namespaces.mjs';

export const kAddress = { outside: '10.91.1.2', dmz: '10.91.2.2', inside: '10.91.3.2' };

export class Dmz {
  // `rules` name who may open connections to where: ['outside', 'dmz', port].
  static async build(rules) {
    const dmz = new Dmz();
    const made = new Namespaces();
    dmz.firewall = await made.machine('firewall');
    for (const name of Object.keys(kAddress)) {
      dmz[name] = await made.machine(name);
      const gateway = kAddress[name].replace(/\d+$/, '1');
      made.cable(dmz.firewall, `${gateway}/24`, dmz[name], `${kAddress[name]}/24`);
      dmz[name].run('ip', 'route', 'add', 'default', 'via', gateway);
    }
    dmz.firewall.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
    dmz.firewall.rules(Dmz.#table(rules));
    return dmz;
  }

  // Who is turned away learns it at once, so that a test need not wait for it.
  static #table(rules) {
    const pairs = Object.keys(kAddress).flatMap((from) => Object.keys(kAddress).filter((to) => to !== from).map((to) => [from, to]));
    return `table inet dmz {
      ${pairs.map(([from, to]) => `counter ${from}_${to} {}`).join('\n')}
      chain forward {
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        ${rules.map(([from, to, port]) => `iifname "${from}" oifname "${to}" tcp dport ${port} ct state new accept`).join('\n')}
        ${pairs.map(([from, to]) => `iifname "${from}" oifname "${to}" counter name ${from}_${to} reject with icmpx admin-prohibited`).join('\n')}
      }
    }`;
  }

  // How many packets from one machine to another the firewall has turned away.
  turnedAway(from, to) {
    const text = this.firewall.run('nft', 'list', 'counter', 'inet', 'dmz', `${from}_${to}`);
    return Number(/packets (\d+)/.exec(text)[1]);
  }
}
