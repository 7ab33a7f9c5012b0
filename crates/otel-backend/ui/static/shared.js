/** In the packed page, this script has what several others share. Unpacked, they load it module by module. */
