#include "sink/verdict.h"

#include <tocsin/sink.h>

uint32_t verdict_of_status(int status)
{
    if (status >= 200 && status < 300)
        return TOCSIN_DELIVERED;
    if (status >= 300 && status < 400)
        return TOCSIN_UNUSABLE;
    switch (status) {
    case 408:
    case 425:
    case 429:
        return TOCSIN_RETRY;
    case 401:
    case 403:
    case 404:
    case 410:
    case 501:
        return TOCSIN_UNUSABLE;
    default:
        return status >= 400 && status < 500 ? TOCSIN_REJECTED : TOCSIN_RETRY;
    }
}
