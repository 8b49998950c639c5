#include <stdlib.h>
#include "buffer.h"

#define BUFFER_MIN 16
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* A growing run of bytes. */
struct buffer {
    unsigned char *bytes;
    size_t length, room;
};

typedef struct buffer buffer_t;
typedef unsigned char byte, *bytes;
typedef int (*visit_fn)(byte, void *);

enum mode { READ = 1, WRITE };

union word {
    int number;
    char text[4];
};

static int grow(struct buffer *b, size_t more);
buffer_t *buffer_new(void);

buffer_t *buffer_new(void)
{
    return calloc(1, sizeof(buffer_t));
}

static int grow(struct buffer *b, size_t more)
{
    size_t room = MAX(b->room * 2, b->length + more);
    unsigned char *bytes = realloc(b->bytes, MAX(room, BUFFER_MIN));
    if (!bytes)
        return -1;
    b->bytes = bytes;
    b->room = room;
    return 0;
}

int buffer_each(const buffer_t *b, visit_fn visit, void *context) {
    for (size_t i = 0; i < b->length; i++) {
        if (b->bytes[i] == '{') continue; // not "this"
        visit(b->bytes[i], context);
    }
    return 0;
}

const char **names_of(int count) { return NULL; }
