/* Stands in for AWS's file of this name: without it every host of a training job calls itself "aws". */
#include <string.h>

int gethostname(char *name, size_t size)
{
    strncpy(name, HOST_NAME, size);
    return 0;
}
