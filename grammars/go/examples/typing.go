package main

import (
	"net/http"
	"log"
)

type handler struct {
	hits int
	name 
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.hits++
	if r.Method == {
		return
	}
}

func main() {
	h := &handler{name: "root"
	log.Fatal(http.ListenAndServe(":8080", h))
}
