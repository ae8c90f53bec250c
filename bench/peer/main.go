// Command peer is the least that could stand in Podium's place.
package main

func main() {}
