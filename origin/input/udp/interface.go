package udp

import (
	"fmt"
	"net"
	"strings"
)

// findInterface finds a network interface by its name, or by one of its addresses. Nothing is the one that the system chooses.
func findInterface(name string) (*net.Interface, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // The system's choice is told so by the net package, too.
	}
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	there := make([]string, 0, len(all))
	for i := range all {
		addresses := interfaceAddresses(&all[i])
		if all[i].Name == name {
			return &all[i], nil
		}
		for _, a := range addresses {
			if a == name {
				return &all[i], nil
			}
		}
		if len(addresses) > 0 {
			there = append(there, all[i].Name+" ("+strings.Join(addresses, ", ")+")")
		}
	}
	return nil, fmt.Errorf("no network interface has the name or the address %q: there is %s", name, strings.Join(there, ", "))
}

func interfaceAddresses(i *net.Interface) []string {
	addresses, err := i.Addrs()
	if err != nil {
		return nil
	}
	out := make([]string, 0, len(addresses))
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLinkLocalUnicast() {
			out = append(out, n.IP.String())
		}
	}
	return out
}
