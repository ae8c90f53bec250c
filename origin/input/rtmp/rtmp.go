// Package rtmp takes streams in by RTMP and RTMPS: it lets encoders such as OBS, vMix and phones publish, and it pulls from servers.
//
// Of bluenviron/gortmplib it takes the handshake, AMF 0 and what is written. Chunks and tags are read here, because the library
// ends a connection for the first message that it does not know (a G.711 track, a VP9 one, AMF 3), reads composition times
// without their sign, and holds as much of unfinished messages as a peer likes to send.
package rtmp
